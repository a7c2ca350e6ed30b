"""Stream consumers and named queries."""

from __future__ import annotations

from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner, call


class StreamConsumer(Provisioner):
    """An enhanced fan-out consumer."""

    type = "AWS::Kinesis::StreamConsumer"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Registers the consumer."""
        consumer = call(place, "kinesis", "register_stream_consumer", properties)["Consumer"]
        attributes = {
            "ConsumerARN": consumer["ConsumerARN"],
            "ConsumerName": consumer["ConsumerName"],
            "ConsumerStatus": consumer["ConsumerStatus"],
            "ConsumerCreationTimestamp": str(consumer["ConsumerCreationTimestamp"]),
            "StreamARN": properties["StreamARN"],
        }
        return Provisioned(consumer["ConsumerARN"], attributes)

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deregisters the consumer."""
        call(place, "kinesis", "deregister_stream_consumer", {"ConsumerARN": reference})


class NamedQuery(Provisioner):
    """A query kept in Athena."""

    type = "AWS::Athena::NamedQuery"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Keeps the query."""
        given = {"Name": place.name, **properties}
        query = call(place, "athena", "create_named_query", given)["NamedQueryId"]
        return Provisioned(query, {"NamedQueryId": query})

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes the query."""
        call(place, "athena", "delete_named_query", {"NamedQueryId": reference})


PROVISIONERS = (StreamConsumer(), NamedQuery())
