// Stands where danfojs-node loads `request`, which nobody has kept since 2020, with old `form-data` and `tough-cookie` behind
// it. Frames are made of rows here; danfo reads files without it, and what would read an address gets this sentence.
function request() {
  throw new Error('danfojs-node reads no addresses in this project: save the file and read it by its path');
}

module.exports = Object.assign(request, { get: request });
