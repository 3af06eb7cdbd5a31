"""The OpenID Connect provider: authorization code flow with PKCE for every endpoint, on Authlib and joserfc."""
