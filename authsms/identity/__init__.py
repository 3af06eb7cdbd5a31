"""Who someone is: repositories of people, their passwords, phones and groups."""
