"""One asynchronous function a batch or message: note what is to be told, send what waits."""
