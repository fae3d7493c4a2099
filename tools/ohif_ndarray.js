function compileConstructor(dtype, dimension) {
  // A view of an n-dimensional array, written out. The package makes this class from text while it runs,
  // which our pages do not allow; the meaning of each method is that of ndarray 1.0.
  const generic = dtype === "generic";
  const given = (value) => typeof value === "number" && value >= 0;
  class View {
    constructor(data, shape, stride, offset) {
      this.data = data;
      this.shape = Array.from(shape);
      this.stride = Array.from(stride);
      this.offset = offset | 0;
    }
    get dtype() { return dtype; }
    get dimension() { return dimension; }
    get size() { return dimension < 0 ? 0 : this.shape.reduce((product, length) => product * length, 1); }
    get order() { return order.call(this); }
    index(...at) {
      return dimension < 0 ? -1 : this.stride.reduce((sum, step, axis) => sum + step * at[axis], this.offset);
    }
    get(i, j, ...more) {
      const at = dimension === 2 ? this.offset + this.stride[0] * i + this.stride[1] * j : this.index(i, j, ...more);
      return generic ? this.data.get(at) : this.data[at];
    }
    set(...values) {
      const at = dimension === 2
        ? this.offset + this.stride[0] * values[0] + this.stride[1] * values[1] : this.index(...values);
      const value = values[dimension];
      return generic ? this.data.set(at, value) : (this.data[at] = value);
    }
    valueOf() { return dimension === 0 ? this.get() : this; }
    hi(...to) {
      return new View(this.data, this.shape.map((n, k) => given(to[k]) ? to[k] | 0 : n), this.stride, this.offset);
    }
    lo(...from) {
      const by = this.shape.map((_, k) => given(from[k]) ? from[k] | 0 : 0);
      const offset = this.stride.reduce((sum, step, k) => sum + step * by[k], this.offset);
      return new View(this.data, this.shape.map((n, k) => n - by[k]), this.stride, offset);
    }
    step(...by) {
      let offset = this.offset;
      const steps = this.shape.map((_, k) => typeof by[k] === "number" ? by[k] | 0 : 1);
      const shape = this.shape.map((n, k) => {
        if (steps[k] < 0) offset += this.stride[k] * (n - 1);
        return Math.ceil(n / Math.abs(steps[k]));
      });
      return new View(this.data, shape, this.stride.map((step, k) => step * steps[k]), offset);
    }
    transpose(...axes) {
      const from = this.shape.map((_, k) => axes[k] === undefined ? k : axes[k] | 0);
      return new View(this.data, from.map((k) => this.shape[k]), from.map((k) => this.stride[k]), this.offset);
    }
    pick(...at) {
      if (dimension < 0) return null;
      const kept = this.shape.map((_, k) => k).filter((k) => !given(at[k]));
      const offset = this.stride.reduce((sum, step, k) => given(at[k]) ? sum + step * at[k] : sum, this.offset);
      const shape = kept.map((k) => this.shape[k]), stride = kept.map((k) => this.stride[k]);
      return CACHED_CONSTRUCTORS[dtype][kept.length + 1](this.data, shape, stride, offset);
    }
  }
  return (data, shape = [], stride = [], offset = 0) => new View(data, shape, stride, offset);
}
