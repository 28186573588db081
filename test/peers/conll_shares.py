"""Few labels, with text and without, and students of other depths: stacks of conll_search.py at one setting, on one GPU.

For each seed a share of the training sentences keeps its labels. Its teacher is trained on that share alone; students of
its layers learn from the share (control, vanilla), or from the share and from what the teacher says of all other sentences
(vanilla with text). Beside them students with text of a teacher who saw all labels. All take steps as of whole epochs: a share of a
twentieth is read twenty times where all sentences are read once; `--short` adds trainings that end sooner, for a choice on
the validation part. Then students of other depths, as far as the seconds go.
"""

import time

from conll import student_start
from conll_search import STARTED, Search, numbers, parser_of, peak_memory, say, search, setting

#: A teacher of a small share reads it so many times at most.
MOST_ROUNDS = 40


class Shares(Search):
    def student(self, method, seed, share=1.0, text=False, teacher_share=None, layers=3, epochs=None):
        rate, most = self.o.setting
        teacher_share = share if teacher_share is None else teacher_share
        return dict(
            method=method, beta=0.0, layers=layers, seed=seed, rate=rate, epochs=epochs or most,
            share=share, text=text, teacher_share=teacher_share,
        )  # fmt: skip

    def train_students(self, models, teachers):
        of = self.config["num_hidden_layers"]
        starts = [student_start(teachers[m["seed"], m["teacher_share"]], of, m["layers"]) for m in models]
        began = time.time()
        for _ in self.train_stack(models, starts):
            pass
        return time.time() - began

    def run(self):
        o, of = self.o, self.config["num_hidden_layers"]
        rate, epochs = o.teacher_setting
        rounds = lambda share: max(1, min(epochs, int(MOST_ROUNDS * share)))
        wanted = [(seed, share) for seed in o.seeds for share in o.shares]
        models = [
            dict(method="teacher", beta=0.0, layers=of, seed=s, rate=rate, epochs=rounds(share), share=share, teacher_share=share)
            for s, share in wanted
        ]
        say(f"teachers of {o.shares} of the labels, seeds {o.seeds}: {[(m['share'], m['epochs']) for m in models if m['seed'] == o.seeds[0]]}")
        first = dict(self.starts(o.seeds))
        made = list(self.train_stack(models, [first[model["seed"]] for model in models]))
        teachers = {(m["seed"], m["share"]): weights for m, weights in made}
        for (seed, share), weights in teachers.items():
            self.teach(seed, weights, share)
        del made

        few = [share for share in o.shares if share < 1]
        students = []
        for seed in o.seeds:
            for share in o.shares:
                students += [self.student(method, seed, share) for method in ("control", "vanilla")]
            for share in few:
                students.append(self.student("vanilla", seed, share, text=True))
                students.append(self.student("vanilla", seed, share, text=True, teacher_share=1.0))
            for share, short in zip(few, o.short):
                students += [self.student(method, seed, share, epochs=short) for method in ("control", "vanilla")]
        say(f"{len(students)} students of 3 layers")
        took = self.train_students(students, teachers)
        # A step costs a layer something once, and something for each model, here as for so many models as a GPU needs to be busy.
        for layers in o.layers:
            models = [self.student(method, seed, layers=layers) for seed in o.seeds for method in ("control", "vanilla")]
            left = o.seconds - (time.time() - STARTED)
            needed = took / 3 * layers * (len(models) + 22) / (len(students) + 22)
            say(f"students of {layers} layers: {left:.0f} s are left, about {needed:.0f} needed")
            if needed < left:
                self.train_students(models, teachers)
        say(f"done; peak memory {peak_memory() / 2**30:.1f} GiB")


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--teacher-setting", type=setting, default=(1e-4, 5), help="rate x epochs")
    parser.add_argument("--setting", type=setting, default=(2e-4, 5), help="rate x epochs of students")
    parser.add_argument("--shares", type=numbers(float), default=[0.05, 0.1, 0.25, 1.0])
    parser.add_argument("--short", type=numbers(int), default=[1, 2], help="epochs of shorter trainings, of the smallest shares")
    parser.add_argument("--layers", type=numbers(int), default=[2, 4], help="other depths of students")
    search(parser, Shares)


if __name__ == "__main__":
    main()
