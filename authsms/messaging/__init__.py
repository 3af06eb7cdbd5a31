"""What people are texted besides the codes of logons."""
