-- How much an alert needs a person (`urgencyOf`, queries.ts), so that the list of alarms opens no data to choose.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS urgency UInt8 DEFAULT if(type = 'forpost.alert.v1',
        if(JSONExtractBool(data, 'acknowledged'), 0, 10)
            + if(JSONExtractBool(data, 'test'), 0,
                transform(JSONExtractString(data, 'severity'), ['critical', 'warning', 'info'], [3, 2, 1], 2)),
        0) AFTER active
