/** Compiled from assembly/dropout.ts by `npm run assemble`; not to be edited. */
export const DROPOUT_WASM = [
  'AGFzbQEAAAABCQFgBX9/f399AAISAQNlbnYGbWVtb3J5AgEAgIAEAwIBAAcYAgtkcm9wb3V0TWFzawAABm1lbW9yeQIACq0BAaoB',
  'AQV7/QyxeTeeYvNuPBNtptrE5t14IQUgAv0RIQYgA/0RIQcgBP0TIQggACABQQJ0aiEBA0AgACABSQRAIAAgCCAFIAb9Uf0Mrarw',
  'Ia2q8CGtqvAhrarwIf21ASIJIAlBD/2tAf1R/QyXLVpzly1ac5ctWnOXLVpz/bUBIAf9QP1O/QsEACAF/QzE5t14xObdeMTm3XjE',
  '5t14/a4BIQUgAEEQaiEADAELCws=',
].join('');
