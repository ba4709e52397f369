def mock_model(cls):
    message = f'model {cls} is not defined'

    def rebuild_model():
        return cls.model_rebuild()

    cls.validator = Mock(
        message,
        attempt=rebuild_serializer,
    )


def mock_dataclasses(cls, name='all'):
    """Mocks what a dataclass checks with."""
    message = f'dataclass {name} is not defined'

    def rebuild_validator():
        return dataclass_rebuild(cls)

    cls.validator = Mock(
        message,
        attempt=rebuild_validator,
    )

    def rebuild_serializer():
        return dataclass_rebuild(cls)

    cls.serializer = Mock(
        message,
        attempt=rebuild_serializer,
    )
