from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reporting", "0902_rows")]
    operations = [
        migrations.AddField(model_name="ahead", name="number", field=models.BigIntegerField(default=0)),
        migrations.AddIndex(model_name="ahead", index=models.Index(fields=["number"], name="ahead_number")),
    ]
