// Puts the thread that imports it behind others where cores are short. To be imported first, so that loading counts, too.

import { standBack } from './stand-back.js';

standBack();
