"""CloudFormation types that ministack lacks.

AWS creates them. Upstream refuses a template that holds one of them as a whole. Here each is
created through the emulator's API for it where there is one, or recorded only: its properties
are kept, its references resolve, nothing acts on it, and the platform says so when it starts.
A type that neither ministack nor this package knows still fails its template.
"""
