"""What each member and each API key of a party may do in its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0007_serials_before_packs")]

    operations = [
        migrations.AddField(model_name="membership", name="duties", field=models.JSONField(default=list)),
        migrations.AddField(model_name="apikey", name="scopes", field=models.JSONField(default=list)),
    ]
