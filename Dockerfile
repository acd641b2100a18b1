# docker build -t runner .                               for the CPU
# docker build -t runner-gpu --build-arg EXTRAS=gpu .    for NVIDIA GPUs
# docker run --rm -v "$PWD/outputs:/outputs" runner optimizer=sgd      (docs/containers.md)
ARG BASE=python:3.12-slim
FROM ${BASE}

# Any user may write to the mounted directories.
ENV PIP_BREAK_SYSTEM_PACKAGES=1
RUN python3 -m pip install --no-cache-dir uv==0.13.9 && mkdir --mode=1777 /outputs /data

# uv checks the hashes in the lock files, and omits packages that only development needs.
ARG EXTRAS=
COPY . /src
RUN uv pip install --system --break-system-packages --no-cache --compile-bytecode \
    --constraints /src/requirements.lock --build-constraints /src/requirements-build.lock "/src[${EXTRAS}]"

ENV HOME=/tmp RUNNER_DATA_DIR=/data
USER 1000:1000
WORKDIR /
ENTRYPOINT ["runner"]
