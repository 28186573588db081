/**
 * The optimizer's inner loops in AssemblyScript (https://www.assemblyscript.org), four numbers at a time.
 * `npm run assemble` compiles this file to `../adamw-wasm.ts`. Pointers are byte addresses of 32-bit floats.
 */

/** Numbers in a vector of the machine. */
const LANES: usize = 4;
const FLOAT: usize = 4;
const VECTOR: usize = LANES * FLOAT;
/** Floats that describe a step to `adamwIdle`: decay factor, learning rate, √v correction. */
const STEP_FLOATS: usize = 3;

/** Σ x², added up in double precision. */
export function sumOfSquares(x: usize, count: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + count * FLOAT;
  const vectorEnd = x + (count / LANES) * VECTOR;
  for (; x < vectorEnd; x += VECTOR) {
    const values = v128.load(x);
    const first = f64x2.promote_low_f32x4(values);
    const second = f64x2.promote_low_f32x4(v128.shuffle<u64>(values, values, 1, 0));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  const sum = f64x2.add(low, high);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; x < end; x += FLOAT) {
    const value = <f64>load<f32>(x);
    total += value * value;
  }
  return total;
}

/** target += source. */
export function accumulate(target: usize, source: usize, count: usize): void {
  const end = target + count * FLOAT;
  const vectorEnd = target + (count / LANES) * VECTOR;
  for (; target < vectorEnd; target += VECTOR, source += VECTOR)
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
  for (; target < end; target += FLOAT, source += FLOAT)
    store<f32>(target, load<f32>(target) + load<f32>(source));
}

/**
 * One step of AdamW over `count` parameters p with gradients g and moments m, v:
 *   m ← β₁ m + (1 − β₁) s g,   v ← β₂ v + (1 − β₂) (s g)²,   p ← decay · p − rate · m / (√v · correction + ε)
 * with s the clipping factor, decay = 1 − lr · λ, rate = lr / (1 − β₁ᵗ), correction = 1 / √(1 − β₂ᵗ).
 */
export function adamw(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  count: usize,
  scale: f32,
  decay: f32,
  rate: f32,
  correction: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
): void {
  const end = p + count * FLOAT;
  const vectorEnd = p + (count / LANES) * VECTOR;
  const rest1: f32 = 1 - beta1;
  const rest2: f32 = 1 - beta2;
  for (; p < vectorEnd; p += VECTOR, g += VECTOR, m += VECTOR, v += VECTOR) {
    const gradient = f32x4.mul(v128.load(g), f32x4.splat(scale));
    const first = f32x4.add(
      f32x4.mul(v128.load(m), f32x4.splat(beta1)),
      f32x4.mul(gradient, f32x4.splat(rest1)),
    );
    const second = f32x4.add(
      f32x4.mul(v128.load(v), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(gradient, gradient), f32x4.splat(rest2)),
    );
    v128.store(m, first);
    v128.store(v, second);
    const denominator = f32x4.add(
      f32x4.mul(f32x4.sqrt(second), f32x4.splat(correction)),
      f32x4.splat(epsilon),
    );
    const update = f32x4.div(f32x4.mul(first, f32x4.splat(rate)), denominator);
    v128.store(p, f32x4.sub(f32x4.mul(v128.load(p), f32x4.splat(decay)), update));
  }
  for (; p < end; p += FLOAT, g += FLOAT, m += FLOAT, v += FLOAT) {
    const gradient: f32 = load<f32>(g) * scale;
    const first: f32 = load<f32>(m) * beta1 + gradient * rest1;
    const second: f32 = load<f32>(v) * beta2 + gradient * gradient * rest2;
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(p, load<f32>(p) * decay - (first * rate) / (sqrt<f32>(second) * correction + epsilon));
  }
}

/**
 * What `adamw` does in several steps to parameters whose gradient is 0 in all of them, without leaving the cache.
 * @param steps decay, rate and correction of each step, in order
 */
export function adamwIdle(
  p: usize,
  m: usize,
  v: usize,
  count: usize,
  steps: usize,
  stepCount: usize,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
): void {
  const end = p + count * FLOAT;
  const vectorEnd = p + (count / LANES) * VECTOR;
  const stepsEnd = steps + stepCount * STEP_FLOATS * FLOAT;
  for (; p < vectorEnd; p += VECTOR, m += VECTOR, v += VECTOR) {
    let value = v128.load(p);
    let first = v128.load(m);
    let second = v128.load(v);
    if (v128.any_true(v128.or(first, second))) {
      for (let s = steps; s < stepsEnd; s += STEP_FLOATS * FLOAT) {
        first = f32x4.mul(first, f32x4.splat(beta1));
        second = f32x4.mul(second, f32x4.splat(beta2));
        const correction = f32x4.splat(load<f32>(s, 2 * FLOAT));
        const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(second), correction), f32x4.splat(epsilon));
        const update = f32x4.div(f32x4.mul(first, f32x4.splat(load<f32>(s, FLOAT))), denominator);
        value = f32x4.sub(f32x4.mul(value, f32x4.splat(load<f32>(s))), update);
      }
      v128.store(m, first);
      v128.store(v, second);
    } else {
      // Never touched: both moments are 0 and so is the update; only the decay is left.
      for (let s = steps; s < stepsEnd; s += STEP_FLOATS * FLOAT)
        value = f32x4.mul(value, f32x4.splat(load<f32>(s)));
    }
    v128.store(p, value);
  }
  for (; p < end; p += FLOAT, m += FLOAT, v += FLOAT) {
    let value = load<f32>(p);
    let first = load<f32>(m);
    let second = load<f32>(v);
    for (let s = steps; s < stepsEnd; s += STEP_FLOATS * FLOAT) {
      first *= beta1;
      second *= beta2;
      const denominator: f32 = sqrt<f32>(second) * load<f32>(s, 2 * FLOAT) + epsilon;
      value = value * load<f32>(s) - (first * load<f32>(s, FLOAT)) / denominator;
    }
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(p, value);
  }
}
