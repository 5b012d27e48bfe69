# A worker, or JupyterLab with one, for a project that lies in /studio:
#   docker build -t drawscape .
#   docker run --init -v studio:/studio drawscape [worker | lab --ip=0.0.0.0 | web --host 0.0.0.0 | doctor | ...]

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY drawscape drawscape
COPY notebooks notebooks
RUN python -m venv /opt/drawscape \
 && /opt/drawscape/bin/pip install --no-cache-dir '.[lab,web,fonts,mail,data,png,postgres]'

FROM python:3.13-slim
COPY --from=build /opt/drawscape /opt/drawscape
RUN useradd --create-home --uid 1000 drawscape \
 && install --directory --owner=drawscape --group=drawscape --mode=700 /studio /drawings
ENV PATH=/opt/drawscape/bin:$PATH DRAWSCAPE_HOME=/studio
USER 1000
WORKDIR /studio
VOLUME /studio
EXPOSE 8000 8888
# After SIGTERM, which `docker stop` sends, a worker lets running jobs end for 8 s and puts the rest back.
ENTRYPOINT ["drawscape"]
CMD ["worker"]
