module.exports = {
  mode: "production",
  entry: "./main.js",
  performance: { hints: false }, // the engine is larger than what webpack recommends
};
