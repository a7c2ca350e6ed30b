"""SageMaker training jobs and model packages, and their Step Functions integrations.

AWS: CreateTrainingJob starts a container that reads its channels, writes a model and is judged by
its exit status; ``.sync`` waits for it. Model packages are numbered in their group.
Upstream: has no SageMaker; ``createTrainingJob.sync`` fails. Here the container's entry point runs
as a process of this machine under the same contract (:mod:`.container`), and every request is
checked against botocore's model of the API first.
"""

from local.emulator.sagemaker.registration import close

__all__ = ["close"]
