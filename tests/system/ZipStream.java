// Reads a ZIP archive from standard input with java.util.zip.ZipInputStream, which believes local headers alone.
// java ZipStream.java <archive.zip says how many entries and bytes came; any fault ends it with an exception.
import java.util.zip.ZipInputStream;

class ZipStream {
    public static void main(String[] arguments) throws Exception {
        long entries = 0, bytes = 0;
        byte[] buffer = new byte[1 << 20];
        try (ZipInputStream archive = new ZipInputStream(System.in)) {
            for (; archive.getNextEntry() != null; entries++) {
                for (int count; (count = archive.read(buffer)) > 0; ) bytes += count;
            }
        }
        System.out.println(entries + " entries, " + bytes + " bytes");
    }
}
