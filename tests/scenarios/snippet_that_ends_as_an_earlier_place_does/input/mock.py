def mock_model(cls):
    message = f'model {cls} is not defined'

    def rebuild_model():
        return cls.model_rebuild()

    cls.validator = Mock(
        message,
        attempt=rebuild_serializer,
    )


def mock_dataclass(cls, name):
    message = f'dataclass {name} is not defined'

    def rebuild():
        return dataclass_rebuild(cls)

    cls.validator = Mock(
        message,
        attempt=rebuild,
    )
