using System.Text;

namespace ControlTower.Tests.Conformance;

/// <summary>Bodies that nobody should send and somebody will.</summary>
internal static class HostileBytes
{
    /// <summary>None of them is a usable document of any kind.</summary>
    public static IEnumerable<(string Name, byte[] Body)> All()
    {
        yield return ("empty", []);
        yield return ("blank", "  \r\n"u8.ToArray());
        yield return ("zeros", new byte[64]);
        yield return ("null", "null"u8.ToArray());
        yield return ("number", "1e400"u8.ToArray());
        yield return ("string", "\"order\""u8.ToArray());
        yield return ("array", "[1,2,3]"u8.ToArray());
        yield return ("empty object", "{}"u8.ToArray());
        yield return ("cut", "{\"id\":123,\"line_items\":[{\"id\":"u8.ToArray());
        yield return ("two documents", "{\"id\":1}{\"id\":2}"u8.ToArray());
        yield return ("html", "<!doctype html><title>502</title>"u8.ToArray());
        yield return ("form", "id=1&name=x"u8.ToArray());
        yield return ("bad utf-8", [(byte)'{', (byte)'"', (byte)'i', (byte)'d', (byte)'"', (byte)':', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}']);
        yield return ("utf-16", Encoding.Unicode.GetBytes("{\"id\":1}"));
        yield return ("bad mark", [0xEF, 0xBB, .. "{\"id\":1}"u8]);
        yield return ("id too large", "{\"id\":99999999999999999999999999,\"order_id\":1e99}"u8.ToArray());
        yield return ("id of another kind", "{\"id\":{\"$oid\":\"1\"},\"order_id\":[],\"value\":7}"u8.ToArray());
        yield return ("comment", "/* hi */ {\"id\":1}"u8.ToArray());
        yield return ("nested objects", Encoding.ASCII.GetBytes(Nested("{\"a\":", "1", "}", 20_000)));
        yield return ("nested arrays", Encoding.ASCII.GetBytes(Nested("[", "", "]", 20_000)));
        yield return ("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]);
    }

    private static string Nested(string open, string core, string close, int depth)
    {
        var text = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            text.Append(open);
        }

        text.Append(core);
        for (var i = 0; i < depth; i++)
        {
            text.Append(close);
        }

        return text.ToString();
    }

    /// <summary>A genuine body, damaged: bytes flipped, cut out, doubled, cut off. Same seed, same damage.</summary>
    public static IEnumerable<byte[]> Damaged(byte[] genuine, int count, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var body = genuine.ToList();
            for (var hits = random.Next(1, 6); hits > 0 && body.Count > 1; hits--)
            {
                var at = random.Next(body.Count);
                switch (random.Next(5))
                {
                    case 0: body[at] = (byte)random.Next(256); break;
                    case 1: body[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: body.RemoveRange(at, Math.Min(random.Next(1, 40), body.Count - at)); break;
                    case 3: body.InsertRange(at, body.GetRange(at, Math.Min(random.Next(1, 40), body.Count - at))); break;
                    default: body.RemoveRange(at, body.Count - at); break;
                }
            }

            yield return [.. body];
        }
    }
}
