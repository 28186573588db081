/**
 * The peer of the inference benchmark: @huggingface/transformers over an exported folder. Argument: the folder in whose
 * node_modules it is. Reads one JSON request a line and answers each with one JSON line.
 */
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const resolve = createRequire(`${process.argv[2]}/`).resolve;
const { default: common, ...named } = await import(pathToFileURL(resolve('@huggingface/transformers')).href);
const { AutoModelForTokenClassification, Tensor, env, pipeline } = { ...common, ...named };
env.allowRemoteModels = false;

const models = {};
const taggers = {};

async function open({ folder, threads, dtypes }) {
  env.localModelPath = dirname(folder);
  for (const dtype of dtypes) {
    const options = { dtype, local_files_only: true, session_options: { intraOpNumThreads: threads } };
    taggers[dtype] = await pipeline('token-classification', basename(folder), options);
    models[dtype] =
      taggers[dtype].model ??
      (await AutoModelForTokenClassification.from_pretrained(basename(folder), options));
  }
  return { version: env.version };
}

const tensor = rows =>
  new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);

async function infer({ dtype, batches }) {
  for (const { ids, mask } of batches)
    await models[dtype]({ input_ids: tensor(ids), attention_mask: tensor(mask) });
  return {};
}

async function tag({ dtype, texts }) {
  for (const text of texts) await taggers[dtype](text);
  return {};
}

const requests = { open, infer, tag };
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const answer = await requests[request.do](request);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${JSON.stringify({ ...answer, seconds, cpu: (user + system) / 1e6 })}\n`);
}
