"""All pages of the sender policy, in one blueprint."""

from authsms.portals.admin import senders, senders_edit, senders_history, senders_limits, senders_policy, senders_trial

blueprint = senders.blueprint
PAGES = (senders, senders_edit, senders_trial, senders_policy, senders_limits, senders_history)
