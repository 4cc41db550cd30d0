"""Everything that shows the agent works; `loopback/` is the outside world it is shown against."""
