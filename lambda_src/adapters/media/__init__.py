"""Looking into media files and making pictures, by libav in a process that can't do harm.

Whatever a stranger delivers is opened in a child process alone (:mod:`.sandbox`): without
credentials, with limits on time, memory and files, and with no protocol to reach anything by.
"""
