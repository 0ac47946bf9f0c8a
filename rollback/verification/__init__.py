"""Is what is served well, and is it what it should be: the site's answer and CloudWatch's alarms."""
