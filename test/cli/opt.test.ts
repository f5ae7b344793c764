// int8c opt: text in, text out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();

const text = `module @small rounding=double

func @main(%x: tensor<4xi32>) {
  %c = constant {value = dense<[1, 2, 3, 4]>} : tensor<4xi32>
  %d = add %c, %c : tensor<4xi32>
  %y = add %x, %d : tensor<4xi32>
  return %y
}
`;
const small = join(folder, 'small.ir');
writeFileSync(small, text);

test('no passes print the module as it is', () => {
  expect(int8c(['opt', small])).toEqual({ code: 0, stdout: text, stderr: '' });
});

test('passes run in the order given', () => {
  const { code, stdout } = int8c(['opt', small, '--passes', 'fold-constants,eliminate-dead-code']);
  expect(code).toBe(0);
  expect(stdout).toBe(
    text
      .replace(/.*%c = .*\n/, '')
      .replace('%d = add %c, %c : tensor<4xi32>', '%d = constant {value = dense<[2, 4, 6, 8]>} : tensor<4xi32>'),
  );
  // The other way round the first pass has nothing to do.
  expect(int8c(['opt', small, '-p', 'eliminate-dead-code, fold-constants']).stdout).toContain('%c = constant');
});

test('text and weights go to files, which read back', () => {
  const ir = join(folder, 'shapes.ir');
  expect(int8c(['opt', example('shapes_int8.tflite'), '-p', 'all', '-o', ir])).toMatchObject({
    code: 0,
    stdout: `wrote ${ir}\nwrote ${ir}.weights\n`,
  });
  const again = join(folder, 'again.ir');
  expect(int8c(['opt', ir, '-o', again]).code).toBe(0);
  expect(readFileSync(again)).toEqual(readFileSync(ir));
  expect(readFileSync(`${again}.weights`)).toEqual(readFileSync(`${ir}.weights`));
  const { stdout, stderr } = int8c(['opt', ir]);
  expect(stdout).toBe(readFileSync(ir, 'utf8'));
  expect(stderr).toMatch(/^The text names \d+ constants by hash; -o FILE writes them too.\n$/);
});

test('a file may be rewritten in place', () => {
  const path = join(folder, 'in place.ir');
  writeFileSync(path, `${text}// a comment that goes\n`);
  expect(int8c(['opt', path, '-o', path]).code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(existsSync(`${path}.weights`)).toBe(false);
});

test('unknown passes, wrong text and damaged weights are refused', () => {
  expect(int8c(['opt', small, '--passes', 'fold-constant'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error[I8C0401] There is no pass "fold-constant". Did you mean fold-constants?\n',
  });
  const wrong = join(folder, 'wrong.ir');
  writeFileSync(wrong, text.replace('%c, %c', '%c, %cc'));
  const { code, stderr } = int8c(['opt', wrong]);
  expect(stderr).toMatch(/^error\[I8C010\d\] line 5:\d+: /);
  expect(code).toBe(1);
  const damaged = join(folder, 'damaged.ir');
  writeFileSync(damaged, text);
  writeFileSync(`${damaged}.weights`, 'not weights');
  expect(int8c(['opt', damaged]).stderr).toContain('error[I8C0103]');
});
