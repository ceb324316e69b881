/**
 * The claims on events that are on their way to each sink, in memory that the uplink's thread and the outbox's writer
 * share. An event that was sent to a sink and is not safe yet is not shed, because the centre may have it already.
 *
 *   uplink:  begin (claims all of the epoch) ──► read ──► settle (claims through the batch's last event) ──► send
 *   writer:  beginShedding ──► reads the claims ──► deletes ──► commits ──► endShedding
 *
 * Always: each side first writes its own flag and then reads the other side's (Dekker's order; Atomics are sequentially
 * consistent), so at least one side sees the other: `begin` refuses while the writer sheds, and the writer sees every
 * claim that `begin` has granted. Within an epoch a claim only grows, because a batch with a lost answer may still
 * arrive after it was halved. A claim reaches from the sink's cursor on and covers all older epochs, which are sent
 * first. It therefore stays while the uplink reads an older epoch again that is safe, but not yet known as safe to the
 * outbox. Only telemetry is shed, so each sink has one claim, on telemetry.
 */
import { asId, type Epoch, type Sequence } from '@forpost/shared/event/ids.ts';

export interface Claim {
  readonly epoch: Epoch;
  /** Infinity while a batch is being read */
  readonly through: number;
}

const bytesPerClaim = 16;
const flagBytes = 8;
/** Limit of `#passed`: the outbox never lags behind by as many epochs. */
const mostPassed = 1000;
const everything = 2n ** 64n - 1n;

export class InHand {
  readonly buffer: SharedArrayBuffer;
  /** 1 while the writer sheds */
  readonly #shedding: Int32Array;
  /** for each sink the epoch and the last number of its claim; epoch 0: no claim */
  readonly #claims: BigUint64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#shedding = new Int32Array(buffer, 0, 1);
    this.#claims = new BigUint64Array(buffer, flagBytes);
  }

  static for(sinks: number): InHand {
    return new InHand(new SharedArrayBuffer(flagBytes + sinks * bytesPerClaim));
  }

  /** The claims of the sink at this place of the configuration. */
  claimant(index: number): Claimant {
    return new Claimant(this.#shedding, this.#claims.subarray(2 * index, 2 * index + 2));
  }

  /** Call it before the writer reads the claims, and `endShedding` once its transaction is committed or rolled back. */
  beginShedding(): void {
    Atomics.store(this.#shedding, 0, 1);
  }

  /** Call it also after the writer has died: its transaction is not committed any more. */
  endShedding(): void {
    Atomics.store(this.#shedding, 0, 0);
  }

  claim(index: number): Claim | undefined {
    const epoch = Atomics.load(this.#claims, 2 * index);
    if (epoch === 0n) return undefined;
    const through = Atomics.load(this.#claims, 2 * index + 1);
    return { epoch: nameOf(epoch), through: through === everything ? Number.POSITIVE_INFINITY : Number(through) };
  }
}

/** The uplink's side of a claim: for the telemetry runner of one sink. */
export class Claimant {
  readonly #shedding: Int32Array;
  readonly #claim: BigUint64Array;
  #epoch = 0n;
  #through = 0n;
  /** epochs that were claimed before the present one; the present claim covers them */
  readonly #passed = new Set<bigint>();
  #covered = false;

  constructor(shedding: Int32Array, claim: BigUint64Array) {
    this.#shedding = shedding;
    this.#claim = claim;
    this.#epoch = Atomics.load(claim, 0);
    const through = Atomics.load(claim, 1);
    // a thread that died while reading has not sent the events of its open claim
    this.#through = through === everything ? 0n : through;
  }

  /**
   * Claims an epoch before its events are read; `settle` must follow. false: the writer sheds; try again soon.
   */
  begin(epoch: Epoch): boolean {
    const named = numberOf(epoch);
    this.#covered = this.#passed.has(named);
    if (this.#covered) return Atomics.load(this.#shedding, 0) === 0;
    // in this order a half-written claim covers too much, never too little
    Atomics.store(this.#claim, 1, everything);
    Atomics.store(this.#claim, 0, named);
    if (Atomics.load(this.#shedding, 0) === 1) {
      Atomics.store(this.#claim, 0, this.#epoch);
      Atomics.store(this.#claim, 1, this.#through);
      return false;
    }
    if (named !== this.#epoch) {
      this.#pass(this.#epoch);
      this.#epoch = named;
      this.#through = 0n;
    }
    return true;
  }

  /** Claims the events through this number, which are sent next; undefined: none was read. */
  settle(through: Sequence | undefined): void {
    if (this.#covered) return;
    const claimed = BigInt(through ?? 0);
    if (claimed > this.#through) this.#through = claimed;
    Atomics.store(this.#claim, 1, this.#through);
  }

  #pass(epoch: bigint): void {
    this.#passed.add(epoch);
    const [oldest] = this.#passed;
    if (this.#passed.size > mostPassed && oldest !== undefined) this.#passed.delete(oldest);
  }
}

function numberOf(epoch: Epoch): bigint {
  return BigInt(`0x${epoch}`);
}

function nameOf(epoch: bigint): Epoch {
  return asId<'epoch'>(epoch.toString(16).padStart(16, '0'));
}
