from django.apps import AppConfig


class SupplychainConfig(AppConfig):
    name = "supplychain"

    def ready(self) -> None:
        # shared_task binds to the application that exists when it is first called: make ours exist in every process.
        from supplychain import lookups  # noqa: F401  (registers itself)
        from supplychain.conf import celery  # noqa: F401
