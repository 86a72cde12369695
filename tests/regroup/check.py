"""What has to hold in a data directory at rest: counters equal the stored events."""

import contextlib
import pathlib
import sqlite3


def rows(database, sql):
    return database.execute(sql).fetchall()


def inconsistencies(data):
    """What is wrong with the figures of groups and strands; an empty list when nothing is."""
    wrong = []
    with contextlib.closing(sqlite3.connect(pathlib.Path(data) / "culprit.db")) as database:
        if rows(database, "PRAGMA integrity_check") != [("ok",)]:
            wrong.append("integrity_check is not ok")
        days = [name for (name,) in rows(database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND"
                                                   " name GLOB 'event_[0-9]*'")]
        by_strand, ids = {}, []
        for day in days:
            for strand, event_id in rows(database, f"SELECT strand_id, event_id FROM {day}"):
                by_strand[strand] = by_strand.get(strand, 0) + 1
                ids.append(event_id)
        if len(ids) != len(set(ids)):
            wrong.append("events are there twice")
        owner = dict(rows(database, "SELECT id, group_id FROM strand"))
        if not set(by_strand) <= set(owner):
            wrong.append("events of strands that are not there")
        by_group = {}
        for strand, count in by_strand.items():
            by_group[owner[strand]] = by_group.get(owner[strand], 0) + count
        shown = "SELECT id, {} FROM error_group WHERE merged_into = 0 AND event_count > 0"
        checks = {
            "events of groups": (by_group, dict(rows(database, shown.format("event_count")))),
            "hours of strands": (by_strand, dict(rows(
                database, "SELECT strand_id, sum(count) FROM strand_hour GROUP BY 1 HAVING sum(count) > 0"))),
            "users of groups": (dict(rows(
                database, "SELECT group_id, count(DISTINCT user_hash) FROM strand_user JOIN strand"
                          " ON strand.id = strand_id GROUP BY 1")),
                dict(rows(database, "SELECT id, user_count FROM error_group WHERE user_count > 0"
                                    " AND merged_into = 0"))),
            "strands of groups": (dict(rows(database, "SELECT group_id, count(*) FROM strand GROUP BY 1")),
                                  dict(rows(database, shown.format("strand_count")))),
            "own events of strands": (
                {s: n for s, n in by_strand.items()
                 if rows(database, f"SELECT 1 FROM error_group WHERE id = {owner[s]} AND strand_count <> 1")},
                dict(rows(database, "SELECT s.id, s.event_count FROM strand s JOIN error_group g ON g.id = s.group_id"
                                    " WHERE g.strand_count <> 1 AND s.event_count > 0"))),
            "own users of strands": (
                dict(rows(database, "SELECT strand_id, count(*) FROM strand_user JOIN strand s ON s.id = strand_id"
                                    " JOIN error_group g ON g.id = s.group_id WHERE g.strand_count <> 1 GROUP BY 1")),
                dict(rows(database, "SELECT s.id, s.user_count FROM strand s JOIN error_group g ON g.id = s.group_id"
                                    " WHERE g.strand_count <> 1 AND s.user_count > 0"))),
            "counts by status": (
                {tuple(row) for row in rows(
                    database, "SELECT project_id, sum(status = 0), sum(status = 1), sum(status = 2) FROM error_group"
                              " GROUP BY 1")},
                {tuple(row) for row in rows(
                    database, "SELECT project_id, unresolved_count, resolved_count, ignored_count FROM"
                              " project_counter WHERE last_group_number > 0")}),
        }
        for name, (stored, counted) in checks.items():
            if stored != counted:
                wrong.append(f"{name}: stored {stored} counted {counted}"[:600])
        if rows(database, "SELECT 1 FROM strand JOIN error_group g ON g.id = group_id WHERE merged_into <> 0"):
            wrong.append("a merged group has strands")
        if rows(database, "SELECT 1 FROM group_hash WHERE strand_id NOT IN (SELECT id FROM strand)"):
            wrong.append("a hash leads nowhere")
    return wrong
