/** Before all tests: kernels of several files would else make the declarations at once, under each other's cells. */
import { updateDeclarations } from 'ner-distill/notebook/declarations';

export const setup = () => updateDeclarations();
