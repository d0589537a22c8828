"""The ModelArts-compatible API under ``/v2/{project_id}``; Huawei's Python client works with it unmodified."""
