// Jest's node environment with a global object that is only an object.
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest makes the global object of a test file from a Proxy: whenever code in there says `Math` or `Number`, two interceptors are
 * asked, which takes forty to sixty times as long as elsewhere (a simulated crowd of thirty took 28 s instead of 7). A context whose
 * global object is an ordinary one keeps test files apart just as well. All that Jest loses is to take apart what a file has left on
 * its global object, and that goes with the context.
 */
export default class PlainGlobalEnvironment extends TestEnvironment {
  constructor(...args) {
    const { createContext } = vm;
    // The constructor of Jest's environment gives no choice of context; it makes one, at once, and nobody else runs meanwhile.
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
  }
}
