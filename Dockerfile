# One file for the three services: docker build --target tracker|pdf-worker|peer .
# Each target is the same runtime with another entry, so the machine keeps one set of layers.

FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY . .
# Only what decides the dependencies: the next stage is then reused as long as no package.json changes.
RUN find . -type f ! -name package.json ! -name package-lock.json -delete

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm run --silent build && node build/tools/runtime-packages.js build/services /runtime

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production \
    PAGESWARM_HTTP_HOST=0.0.0.0 \
    PAGESWARM_TRANSPORT_HOST=0.0.0.0 \
    PAGESWARM_DATA_DIR=/data \
    PAGESWARM_LOG_FORMAT=json
WORKDIR /app
COPY --from=build /runtime/node_modules ./node_modules
COPY --from=build /app/build/services ./build/services
# A volume that is mounted here is made with the owner of this folder.
RUN mkdir /data && chown node:node /data && echo '{"type":"module"}' > package.json
USER node
VOLUME /data
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PAGESWARM_HTTP_PORT+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]

FROM runtime AS tracker
ENV PAGESWARM_HTTP_PORT=7180 PAGESWARM_TRANSPORT_PORT=7181
EXPOSE 7180 7181
# What Node is told, and why, is in libs/config/src/node-flags.ts.
CMD ["node", "--max-semi-space-size=4", "--no-parallel-scavenge", "build/services/tracker.js"]

FROM runtime AS pdf-worker
ENV PAGESWARM_HTTP_PORT=7182 PAGESWARM_TRANSPORT_PORT=7183
EXPOSE 7182 7183
CMD ["node", "build/services/pdf-worker.js"]

FROM runtime AS peer
ENV PAGESWARM_HTTP_PORT=7184 PAGESWARM_TRANSPORT_PORT=7185
EXPOSE 7184 7185
CMD ["node", "--max-semi-space-size=4", "--no-parallel-scavenge", "--max-old-space-size=1024", "build/services/peer-node.js"]
