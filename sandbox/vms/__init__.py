"""The warehouse system VMS, faked from its public surface: REST as ASP.NET answers it, domain events to Kafka."""
