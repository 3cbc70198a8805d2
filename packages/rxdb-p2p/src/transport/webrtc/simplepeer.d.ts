declare module 'simple-peer/simplepeer.min.js' {
  const SimplePeer: unknown;
  // biome-ignore lint/style/noDefaultExport: it is how simple-peer exports
  export default SimplePeer;
}
