from django.apps import AppConfig


class AnticounterfeitConfig(AppConfig):
    name = "anticounterfeit"
