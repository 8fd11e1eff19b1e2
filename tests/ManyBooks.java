import com.adobe.epubcheck.tool.EpubChecker;

/** EPUBCheck for many books in one process. Its own command takes one book, and starting it is most of the time. */
class ManyBooks {
    public static void main(String[] paths) {
        for (String path : paths) {
            System.out.println("BOOK " + path);
            System.out.flush();
            new EpubChecker().run(new String[] {path});
        }
    }
}
