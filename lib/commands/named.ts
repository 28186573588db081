/** Parsers of options whose values the library names; it is loaded when such an option is given. */
import { lazily } from './lazily';

export const formatNamed = lazily(() => require('./actions/named').formatNamed);
export const schemeNamed = lazily(() => require('./actions/named').schemeNamed);
export const formsNamed = lazily(() => require('./actions/losses').formsNamed);
export const lossNamed = lazily(() => require('./actions/losses').lossNamed);
export const inputFormatNamed = lazily(() => require('./actions/named').inputFormatNamed);
export const outputFormatNamed = lazily(() => require('./actions/named').outputFormatNamed);
