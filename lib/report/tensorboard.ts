/**
 * Event files of TensorBoard: numbers over steps. A file is a row of TFRecords (length, data, and a checksum of each;
 * tensorflow/core/lib/io/record_writer.h), each an `Event` in protocol buffers (tensorflow/core/util/event.proto).
 */

/** A number after a step. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

/** @param seconds the time that all events have, since 1970 */
export function eventFile(scalars: Iterable<Scalar>, seconds: number): Buffer {
  const time = Buffer.alloc(9, WALL_TIME);
  time.writeDoubleLE(seconds, 1);
  const records = [record(Buffer.concat([time, text(FILE_VERSION, 'brain.Event:2')]))];
  for (const { tag, step, value } of scalars) {
    const float = Buffer.alloc(5, SIMPLE_VALUE);
    float.writeFloatLE(value, 1);
    const summary = bytes(VALUE, Buffer.concat([text(TAG, tag), float]));
    records.push(record(Buffer.concat([time, Buffer.from([STEP]), varint(step), bytes(SUMMARY, summary)])));
  }
  return Buffer.concat(records);
}

/** Number of the field × 8, and how its value is written: 0 as a varint, 1 in 8 bytes, 2 with a length, 5 in 4 bytes. */
const [WALL_TIME, STEP, FILE_VERSION, SUMMARY] = [8 * 1 + 1, 8 * 2, 8 * 3 + 2, 8 * 5 + 2];
const [VALUE, TAG, SIMPLE_VALUE] = [8 * 1 + 2, 8 * 1 + 2, 8 * 2 + 5];

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field]), varint(value.length), value]);
}

/** A whole number, 0 or more: seven bits a byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) groups.push((rest % 128) + 128);
  return Buffer.from([...groups, rest]);
}

function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

/** CRC-32C, "masked" as TFRecords have it. */
function checksum(data: Buffer): Buffer {
  let crc = 0xffffffff;
  for (const byte of data) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  crc = ~crc;
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
