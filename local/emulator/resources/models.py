"""Model package groups, created through this package's SageMaker."""

from __future__ import annotations

from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner, call


class ModelPackageGroup(Provisioner):
    """``Ref`` is the ARN, as in AWS."""

    type = "AWS::SageMaker::ModelPackageGroup"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Creates the group."""
        given = {key: value for key, value in properties.items() if key != "Tags"}
        arn = call(place, "sagemaker", "create_model_package_group", given)["ModelPackageGroupArn"]
        attributes = {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"}
        return Provisioned(arn, attributes)

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes the group."""
        name = reference.rpartition("/")[2]
        call(place, "sagemaker", "delete_model_package_group", {"ModelPackageGroupName": name})


PROVISIONERS = (ModelPackageGroup(),)
