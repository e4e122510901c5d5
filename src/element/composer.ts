/** A form control or a group of them, or anything else that the agent writes in. */
type Composer = HTMLElement & { disabled?: boolean };

interface Lock {
  holders: number;
  readonly release: () => void;
}

const locks = new WeakMap<Composer, Lock>();

/**
 * Locks what the agent writes in. Two elements may hold one composer, such as those of two views while one takes the place
 * of the other: the last one gives it back, as it was before the first.
 *
 * @returns lets go of it
 */
export function lock(composer: Composer): () => void {
  const held = locks.get(composer) ?? { holders: 0, release: disable(composer) };
  held.holders += 1;
  locks.set(composer, held);
  return () => {
    held.holders -= 1;
    if (held.holders > 0) return;
    locks.delete(composer);
    held.release();
  };
}

/**
 * Disables what the agent writes in. What has the focus keeps it: until the agent leaves, it takes no input, and only
 * then is it disabled, because a disabled control would lose the focus to nowhere.
 *
 * @returns gives the composer back as it was
 */
function disable(composer: Composer): () => void {
  const form = (composer as HTMLInputElement).form ?? composer.closest('form');
  const [wasDisabled, ariaDisabled] = [composer.disabled ?? composer.inert, composer.getAttribute('aria-disabled')];
  const setDisabled = (isDisabled: boolean): void => {
    if (composer.disabled === undefined) composer.inert = isDisabled;
    else composer.disabled = isDisabled;
  };
  const refuse = (event: Event): void => {
    if (event.type === 'keydown' && (event as KeyboardEvent).key !== 'Enter') return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const left = (event: FocusEvent): void => {
    if (!composer.contains(event.relatedTarget as Node | null)) setDisabled(true);
  };
  const listeners: readonly (readonly [EventTarget | null, string, (event: never) => void])[] = [
    [form, 'submit', refuse],
    [composer, 'beforeinput', refuse],
    [composer, 'keydown', refuse],
    [composer, 'focusout', left],
  ];
  for (const [target, type, listener] of listeners) target?.addEventListener(type, listener as EventListener, true);
  composer.setAttribute('aria-disabled', 'true');
  if (!composer.matches(':focus, :focus-within')) setDisabled(true);
  return () => {
    for (const [target, type, listener] of listeners)
      target?.removeEventListener(type, listener as EventListener, true);
    if (ariaDisabled === null) composer.removeAttribute('aria-disabled');
    else composer.setAttribute('aria-disabled', ariaDisabled);
    setDisabled(wasDisabled);
  };
}
