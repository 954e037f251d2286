/**
 * SHA-256 of every addon of the pinned package, by file name. A file that is not one of these is not loaded: whoever can put code into
 * it has the node. When the version in package.json changes, the table changes with it; a test compares the two.
 */
export const ADDON_DIGESTS: ReadonlyMap<string, string> = new Map([
  ['uws_darwin_arm64_108.node', '3e5d284ef20c3a641e3e1e4571f983d56869fb5cc8c037242c3edc6e83d4d86b'],
  ['uws_darwin_arm64_115.node', '2a3aff854929518a3bc066527340ab0fc47c970cda4cdbb86f5d65b03ee83885'],
  ['uws_darwin_arm64_93.node', 'cbf5a7dd9270b57044e5d4439d64cc3073067be3a29578ddb4e2c84417ec851e'],
  ['uws_darwin_x64_108.node', '35bf16c62269afbafc6c91c06b9c3e690bdba7357b2ce0e2c34bc37f8c053a38'],
  ['uws_darwin_x64_115.node', 'cdb95fb0b602155506b5430791c0dce4341ec1268ff23bdace8f1c77e306e4f7'],
  ['uws_darwin_x64_93.node', 'a173ecd15cff580dcc63bb173d7ee0370b2dee9e573a3bd1ddf1ebc67f69a379'],
  ['uws_linux_arm64_108.node', '44f342406e3d2378a195b322d8b19ee0a766e33a19e6db424914a0b02eb05190'],
  ['uws_linux_arm64_115.node', 'fa46518766a985c6a79daef039f40cccd8e98e9a288f2ceaf31a0a18901bbfd5'],
  ['uws_linux_arm64_93.node', '9262dcb6a48abf7927ed9e0af590ee953c8823af5e16108b56f6c2cce070ac64'],
  ['uws_linux_arm_108.node', '9fd6ab892105269ea41a0a6cddc401f14f35c4c555dfdfc6714d14174d49771b'],
  ['uws_linux_arm_115.node', 'e1c6907fe5877bfdc3bcaa29fa78ab9dd142c4ca8d65102fbc18c9a47e478d31'],
  ['uws_linux_arm_93.node', '58f0ccf097eea0015a7ece9ead82a9b756f7d904ccba53e589b9dcf30c2fb2ee'],
  ['uws_linux_x64_108.node', 'a2d801a6ff997af0f6ee079abd1d5f8ae74f355c91f106e985e74876a78d34d9'],
  ['uws_linux_x64_115.node', 'f158fb441f7e2e37b3ab9a56782fe37f4c0d33b5cd32e96ee5c0120ce7db7ced'],
  ['uws_linux_x64_93.node', 'cc7f24ca9321fa29a9f1be0fa000c1d868d189bd300a16812b5cce0c147a27d6'],
  ['uws_win32_x64_108.node', 'b31ee017129b11990e8b45f1feeda5caf6cdab386e6c4f4a6432495b8404b9fd'],
  ['uws_win32_x64_115.node', '6dd62494c776ba94a1265969caaa1cc88d02a9a3efb14ef35ef2a1215393cdd9'],
  ['uws_win32_x64_93.node', '5831a8c685bef8a155b7cc05894567cf9095fca4ac5f034dfea23302ac653f41'],
])
