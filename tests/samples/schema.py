"""Events made from the published JSON schema of events: all attributes at once, right or wrong.

    event_of(schema)                one event in which every attribute has a value
    wrong_event_of(schema, number)  the same with a value of another type at every leaf
"""

# What a text has to be so that it is not refused for its form, by the name of its attribute.
TEXTS = {
    "timestamp": 0, "start_timestamp": 0, "ip_address": "192.0.2.9", "method": "POST", "release": "app@1.0",
    "dist": "7", "environment": "staging", "platform": "python", "url": "https://example.org/path",
    "event_id": "0123456789abcdef0123456789abcdef", "query_string": "a=1", "level": "warning",
    "type": "elf", "logger": "app.log",
}
# Sentry's own, or of another kind of item.
LEFT_OUT = {"timestamp", "start_timestamp", "received", "project", "type", "errors", "culprit", "event_id"}


class Maker:
    def __init__(self, schema, leaf):
        self.definitions, self.leaf, self.number = schema["definitions"], leaf, 0

    def make(self, schema, name, depth=0):
        if "$ref" in schema:
            return self.make(self.definitions[schema["$ref"].rsplit("/", 1)[1]], name, depth + 1)
        if "anyOf" in schema:
            return self.make(schema["anyOf"][0], name, depth)
        if depth > 12:
            return None
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return self.object(schema, name, depth)
        if kind == "array":
            items = schema.get("items", {})
            if isinstance(items, list):  # a pair
                return [self.make(item, "item", depth + 1) for item in items]
            return [self.make(items, name, depth + 1)]
        return self.leaf(self, kind, name, schema)

    def object(self, schema, name, depth):
        made = {key: self.make(value, key, depth + 1) for key, value in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            made[f"any-{name}"] = self.make(more, name, depth + 1)
        elif not made:
            made["any"] = self.leaf(self, "string", "any", {})
        if "debug_id" in made or "image_addr" in made and "uuid" in made:
            made["type"] = self.leaf(self, "string", "type", {})
        return made


def right(maker, kind, name, schema):
    maker.number += 1
    if name in TEXTS and kind in ("string", "object"):
        return TEXTS[name]
    if "enum" in schema:
        return schema["enum"][0]
    return {"string": f"text {maker.number}", "boolean": True}.get(kind, maker.number)


def event_of(schema):
    """Top-level attributes of the first kind in the schema: errors."""
    maker = Maker(schema, right)
    properties = schema["anyOf"][0]["properties"]
    return {name: maker.make(value, name) for name, value in properties.items() if name not in LEFT_OUT}


def wrong_event_of(schema, number):
    values = [{"a": [1]}, [[{}]], 7, "\u0000<b>&amp;", True, -1e400]
    maker = Maker(schema, lambda maker, kind, name, schema: values[number])
    properties = schema["anyOf"][0]["properties"]
    return {name: maker.make(value, name) for name, value in properties.items()}
