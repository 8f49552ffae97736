"""The config, checked whole before anything starts.

Takes what the config files say and the schema; gives settings with every default filled in, sweeps
spelled out and numbers in one form, or one message that names what is wrong.
"""
