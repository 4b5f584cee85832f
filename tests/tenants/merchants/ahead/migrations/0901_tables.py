from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Ahead",
            fields=[("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=20, unique=True))],
        ),
    ]
