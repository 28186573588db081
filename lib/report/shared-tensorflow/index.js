// Stands where danfojs-node loads `@tensorflow/tfjs-node`, an old one with a native part to be downloaded: frames are made of
// the tensors that everything here computes with. No engine is asked for by this name.
module.exports = require('@tensorflow/tfjs');
