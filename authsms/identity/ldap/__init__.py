"""People in an LDAP directory: OpenLDAP, Active Directory and their like; the only importer of ldap3."""

from authsms.identity.ldap.repository import LdapRepository
from authsms.identity.ldap.settings import LdapSettings

__all__ = ["LdapRepository", "LdapSettings"]
