"""AWS Elemental MediaConvert's packaging jobs, as Step Functions starts and awaits them.

AWS: ``mediaconvert:createJob.sync`` makes renditions of a file in S3 and puts them to S3.
Upstream: has no MediaConvert. Here ffmpeg follows the same settings (:mod:`.command`) and leaves
the same files; the request is checked against botocore's model of the API first, and a setting
that can't be followed fails the job. A job is known to its state machine alone: there is no
``GetJob``.
"""

from local.emulator.mediaconvert.registration import close

__all__ = ["close"]
