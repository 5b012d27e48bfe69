// The fields of one pattern, made from the JSON Schema of its parameters.

const KINDS = ['boolean', 'integer', 'number', 'string'];

const kindOf = (schema) => {
  if (schema.enum) return 'enum';
  const named = [].concat(schema.type ?? []);
  return KINDS.find((kind) => named.includes(kind));
};

const allowsNothing = (schema) =>
  [].concat(schema.type ?? []).includes('null') || (schema.enum ?? []).includes(null);

const readable = (name) => {
  const words = name.replace(/_mm$/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

const low = (schema) => schema.minimum ?? schema.exclusiveMinimum;
const high = (schema) => schema.maximum ?? schema.exclusiveMaximum;

const fits = (value, start, step) => {
  const steps = (value - start) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
};

const sliderStep = (schema) => {
  if (schema.multipleOf) return schema.multipleOf;
  if (kindOf(schema) === 'integer') return 1;
  // A hundred steps or more, each a round number; finer where the default would fall between two.
  let power = Math.floor(Math.log10((high(schema) - low(schema)) / 100));
  while (power > -9 && !fits(schema.default ?? low(schema), low(schema), 10 ** power)) power -= 1;
  return Number((10 ** power).toPrecision(1));
};

const sliderStart = (schema) => {
  const step = sliderStep(schema);
  return schema.exclusiveMinimum === undefined ? schema.minimum : schema.exclusiveMinimum + step;
};

const sliderEnd = (schema) => {
  const step = sliderStep(schema);
  return schema.exclusiveMaximum === undefined ? schema.maximum : schema.exclusiveMaximum - step;
};

const numberOrNothing = (text) => (text.trim() === '' ? undefined : Number(text));

const makers = {
  enum(schema) {
    const names = schema.enum.map((name) => make('option', { value: name ?? '', textContent: name ?? 'none' }));
    const input = make('select', {}, ...names);
    return { input, read: () => (input.value === '' ? null : input.value), write: (v) => { input.value = v ?? ''; } };
  },

  boolean() {
    const input = make('input', { type: 'checkbox' });
    return { input, read: () => input.checked, write: (v) => { input.checked = Boolean(v); } };
  },

  slider(schema) {
    const input = make('input', {
      type: 'range', min: sliderStart(schema), max: sliderEnd(schema), step: sliderStep(schema),
    });
    const output = make('output');
    const showValue = () => { output.value = input.value; };
    input.addEventListener('input', showValue);
    const write = (v) => { input.value = v ?? input.min; showValue(); };
    return { input, output, read: () => Number(input.value), write };
  },

  number(schema) {
    const input = make('input', { type: 'number', inputMode: 'decimal' });
    input.step = schema.multipleOf ?? (kindOf(schema) === 'integer' ? 1 : 'any');
    if (low(schema) !== undefined) input.min = low(schema);
    if (high(schema) !== undefined) input.max = high(schema);
    return { input, read: () => numberOrNothing(input.value), write: (v) => { input.value = v ?? ''; } };
  },

  string(schema) {
    const input = make('input', { type: 'text' });
    if (schema.maxLength !== undefined) input.maxLength = schema.maxLength;
    const nothing = allowsNothing(schema) ? null : '';
    return { input, read: () => (input.value === '' ? nothing : input.value), write: (v) => { input.value = v ?? ''; } };
  },
};

const makerFor = (schema) => {
  const kind = kindOf(schema);
  if (kind !== 'integer' && kind !== 'number') return makers[kind];
  const bounded = low(schema) !== undefined && high(schema) !== undefined;
  return bounded && !allowsNothing(schema) ? makers.slider : makers.number;
};

const labelled = (name, field, schema) => {
  const { input, output } = field;
  input.id = `params.${name}`;
  const label = make('label', { htmlFor: input.id });
  const box = make('div', { className: 'field' });
  if (input.type === 'checkbox') {
    label.className = 'choice';
    label.append(input, readable(name));
    box.append(label);
  } else {
    label.append(make('span', { textContent: readable(name) }));
    if (output) label.append(output);
    box.append(label, input);
  }
  if (schema.description) {
    const hint = make('p', { className: 'hint', id: `${input.id}.hint`, textContent: schema.description });
    input.setAttribute('aria-describedby', hint.id);
    box.append(hint);
  }
  return box;
};

// Fill `box` with the fields of `schema` and return how to read them and set them back.
export const makeFields = (box, schema) => {
  const fields = [];
  box.querySelectorAll('.field').forEach((old) => old.remove());
  for (const [name, property] of Object.entries(schema.properties)) {
    const maker = makerFor(property);
    if (!maker) continue; // a value that no form field can hold keeps its default
    const field = maker(property);
    box.append(labelled(name, field, property));
    fields.push({ name, property, ...field });
  }
  box.hidden = fields.length === 0;

  const defaults = () => fields.forEach(({ property, write }) => write(property.default));
  const values = () => Object.fromEntries(
    fields.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined),
  );
  defaults();
  return { values, defaults };
};
