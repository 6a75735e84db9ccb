# What exports of a run hold, against the run folder itself: observables.jsonl, energy.jsonl and snapshots.zarr, read here
# with numpy alone. Called by export.test.ts:
#
#     /usr/bin/python3 check-export.py RUN_FOLDER EXPORT...
#
# Prints a line per number of arrays compared; exits with an assertion otherwise.

import csv
import json
import os
import sys

import h5py
import numpy as np


def read_zarr(folder, index):
    """Snapshot `index` of an array of a Zarr v3 group without compression."""
    about = json.load(open(f"{folder}/zarr.json"))
    shape, chunk = about["shape"], about["chunk_grid"]["configuration"]["chunk_shape"]
    whole = np.full(shape[1:], np.nan if about["data_type"] != "int32" else -1, about["data_type"])
    for place in np.ndindex(*(-(-s // c) for s, c in zip(shape[1:], chunk[1:]))):
        part = np.fromfile(f"{folder}/c/{index}/" + "/".join(map(str, place)), about["data_type"]).reshape(chunk)[0]
        inside = tuple(slice(p * c, min((p + 1) * c, s)) for p, c, s in zip(place, chunk[1:], shape[1:]))
        whole[inside] = part[tuple(slice(0, i.stop - i.start) for i in inside)]
    return whole


def lines(path):
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []


run, exports = sys.argv[1], sys.argv[2:]
observations = lines(f"{run}/observables.jsonl")
energies = lines(f"{run}/energy.jsonl")
manifest = json.load(open(f"{run}/manifest.json"))
nodes = manifest["nodeNames"]
group = f"{run}/snapshots.zarr"
steps = [int(s) for s in np.fromfile(f"{group}/step/c/0", "f8") if np.isfinite(s)]
is_grid = os.path.exists(f"{group}/density")
compared = 0


def same(exported, expected):
    """Equal to the last bit; null in JSON is NaN."""
    global compared
    expected = np.array(expected, dtype=float)
    assert exported.shape == expected.shape, (exported.shape, expected.shape)
    assert np.array_equal(np.asarray(exported, float), expected, equal_nan=True)
    compared += 1


def camel(name):
    """The name in the JSON lines of a quantity of the exports."""
    words = name.replace("_se", "_error").split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def check_records(names, get):
    for records, prefix in ((observations, ""), (energies, "energy_")):
        if not records:
            continue
        same(get(prefix, "step"), [r["step"] for r in records])
        same(get(prefix, "time"), [r["time"] for r in records])
        found = [name for name in names(prefix) if camel(name) in records[0]]
        assert len(found) >= (15 if prefix == "" else 17), found
        for name in found:
            same(get(prefix, name), [r[camel(name)] for r in records])


for export in exports:
    if export.endswith(".npz"):
        file = np.load(export)
        # `energy_step` and so on are step, time and temperature of the other table.
        shared = ("step", "time", "temperature")
        of_energies = {n for n in file if energies and camel(n) in energies[0]} - set(shared)
        check_records(
            lambda prefix: [*(of_energies if prefix else set(file) - of_energies - set(shared)), "temperature"],
            lambda prefix, name: file[prefix + name if name in shared else name],
        )
        assert list(file["node_names"]) == nodes and str(file["config"]) == manifest["configText"]
        assert int(file["seed"]) == manifest["seed"]
        for i, step in enumerate(steps):
            if step not in file["snapshot_step"]:
                continue
            if is_grid:
                same(file[f"density_{step}"], read_zarr(f"{group}/density", i))
            else:
                same(file[f"x_{step}"], read_zarr(f"{group}/x", i))
                same(file[f"node_{step}"], read_zarr(f"{group}/node", i))
    elif export.endswith(".h5"):
        file = h5py.File(export)
        assert list(file["h5md"].attrs["version"]) == [1, 1]
        assert file["h5md/creator"].attrs["name"] == b"wasserwerk"
        folder = {"": file["observables"], "energy_": file["observables"].get("energy")}
        check_records(
            lambda prefix: [n for n in folder[prefix] if n not in ("energy", "density") or prefix],
            lambda prefix, name: folder[prefix]["temperature"][name][:]
            if name in ("step", "time")
            else folder[prefix][name]["value"][:],
        )
        assert [n.decode() for n in file["parameters/node_names"]] == nodes
        assert file["parameters/config"][()].decode() == manifest["configText"]
        offsets, targets = file["parameters/graph/offsets"][:], file["parameters/graph/targets"][:]
        assert offsets[0] == 0 and offsets[-1] == len(targets) and len(offsets) == len(nodes) + 1
        if is_grid:
            density = file["observables/density"]
            assert list(density["step"]) == steps
            for i in range(len(steps)):
                same(density["value"][i], read_zarr(f"{group}/density", i))
            assert list(density.attrs["cells"]) == list(density["value"].shape[2:])
        else:
            sample = file["particles/sample"]
            assert sample["box"].attrs["dimension"] == len(manifest["coordinateNames"])
            # The same object, not a copy.
            assert sample["node"] == sample["species"]
            for i, step in enumerate(sample["position/step"]):
                same(sample["position/value"][i], read_zarr(f"{group}/x", steps.index(step)))
                same(sample["species/value"][i], read_zarr(f"{group}/node", steps.index(step)))
    elif os.path.exists(f"{export}/observables.csv"):
        for table in ("observables", "jumps", "energy"):
            if os.path.exists(f"{run}/{table}.csv"):
                assert open(f"{export}/{table}.csv").read() == open(f"{run}/{table}.csv").read()
                compared += 1
        rows = list(csv.DictReader(open(f"{export}/{'densities' if is_grid else 'particles'}.csv")))
        for i, step in enumerate(steps):
            here = [row for row in rows if int(row["step"]) == step]
            if is_grid:
                same(np.array([float(r["density"]) for r in here]), read_zarr(f"{group}/density", i).ravel())
            else:
                same(np.array([nodes.index(r["node"]) for r in here]), read_zarr(f"{group}/node", i))
                x = [[float(r[c]) for c in manifest["coordinateNames"]] for r in here]
                same(np.array(x), read_zarr(f"{group}/x", i))
    else:
        import pyarrow.parquet as parquet

        table = parquet.read_table(f"{export}/nodes.parquet").to_pydict()
        same(np.array(table["mass"]), [m for r in observations for m in r["mass"]])
        assert table["node"] == nodes * len(observations)
        totals = parquet.read_table(f"{export}/observables.parquet").to_pydict()
        same(np.array(totals["potential_energy"]), [r["potentialEnergy"] for r in observations])
        if energies:
            table = parquet.read_table(f"{export}/energies.parquet").to_pydict()
            same(np.array(table["energy"]), [r["energy"] for r in energies])
        if not is_grid:
            table = parquet.read_table(f"{export}/particles.parquet").to_pydict()
            columns = np.array([table[c] for c in manifest["coordinateNames"]]).T
            same(columns, np.concatenate([read_zarr(f"{group}/x", i) for i in range(len(steps))]))
            same(np.array(table["node_index"]), np.concatenate([read_zarr(f"{group}/node", i) for i in range(len(steps))]))

print(f"{compared} arrays are the same")
