"""The ModelArts-compatible API under ``/v2/{project_id}``, which Huawei's own Python client uses unmodified."""
